"""A stock workbook as a source: what staff upload each morning, and the workbooks they get back."""
