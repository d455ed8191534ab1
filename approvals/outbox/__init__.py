"""Events out: committed events get a place in one order, and each subscriber gets them as signed webhooks."""
