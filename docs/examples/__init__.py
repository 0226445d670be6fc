"""Examples that other systems can begin with."""
