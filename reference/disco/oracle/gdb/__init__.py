"""A server for the GDB remote serial protocol: a debugger on the reference.

Source: the GDB manual, appendix E (remote serial protocol) and appendix G (target descriptions).
"""
