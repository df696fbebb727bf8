"""The processor: instruction table, semantics, CP0, address map, TLB, exceptions and step."""
