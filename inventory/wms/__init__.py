"""A warehouse system's feed: signed messages in, kept as they came, understood by schema, applied by its authority."""
