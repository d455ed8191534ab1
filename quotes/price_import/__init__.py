"""The pricing master from a spreadsheet: `rows` reads, `operation` stores."""
