"""The appliance of an office: registers letters with no line, exchanges them when there is one."""
