"""A quote as the customer sees it: its contents, the page and PDF drawn from them, and where the PDF is kept."""
