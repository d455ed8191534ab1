"""Files that people bring, whatever they hold: kept with what was read from them, confirmed once or discarded."""
