"""A GraphQL federation router: knows GraphQL, HTTP and federation, no domain and no database."""
