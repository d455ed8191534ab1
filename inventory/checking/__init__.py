"""The emergency check: how many are there, who says so, how sure that is, and who goes and looks when it is not."""
