"""The pages of a sync that take several steps: upload, date, preview, commit; look at it, review it, take it away."""
