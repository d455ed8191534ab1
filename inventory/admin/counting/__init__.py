"""The pages of a count that take several steps: upload or type in, preview, confirm; recount; cancel."""
