"""The office at work, from outside: real appliances, real servers, real days."""
