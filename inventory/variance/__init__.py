"""The sentence every source shares: it says the quantity is X, our ledger says Y, so compute, judge, propose, post."""
