"""One codec per AWS protocol: parse a request, serialise an answer, put an error into words."""
