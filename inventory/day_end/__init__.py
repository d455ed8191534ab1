"""The end of a business day: what was sold, what the staff must enter in Excel, and what is still open."""
