"""The executable directives that make a stored operation a REST route.

They are read when the router starts and taken out before the graph sees the operation.
"""

SDL = '''
"""The route that this operation answers."""
directive @rest(
  method: RestMethod!
  """Without the profile's prefix: /api/v1/projects/{project_id}"""
  path: String!
  """Of success: 200, 201, 202 or 204, which sends no body."""
  status: Int! = 200
  """
  Where the data is in the answer, as response keys: createProject.project. By default the only
  root field; with several, all of them.
  """
  root: String
  """Of what was made, from the shown members: /api/v1/projects/{id}"""
  location: String
  """A sentence for profiles that tell one beside the data."""
  message: String
  tags: [String!]
  deprecated: RestDeprecation
  """What a request body may be."""
  accepts: [RestBody!]! = [JSON]
  answers: RestAnswer! = JSON
) on QUERY | MUTATION | SUBSCRIPTION

"""A member of the shown data that the graph does not give; in lists, of each item."""
directive @member(
  """As shown; dots lead into members: settings.theme"""
  name: String!
  value: RestValue!
  """The domain that will know it better once it is here."""
  until: String
) repeatable on QUERY | MUTATION | SUBSCRIPTION

"""Another status or code than the profile's for one kind of failure of this route."""
directive @failure(
  """The graph's code, or code:reason, code:field."""
  code: String!
  status: Int
  as: String
) repeatable on QUERY | MUTATION | SUBSCRIPTION

"""
Where a variable comes from. By default from the path parameter of its name, else for GET and
DELETE from the query string, else from the body. All names are spelt as the profile does.
"""
directive @from(
  path: String
  query: String
  """A member of the body; \\"*\\" is the whole body."""
  body: String
  header: String
  """The token of the Authorization header, which then proves nobody."""
  bearer: Boolean
) on VARIABLE_DEFINITION

"""Checks beside those of the variable's type."""
directive @rules(
  min: Float
  max: Float
  minLength: Int
  maxLength: Int
  pattern: String
  format: RestFormat
  enum: [String!]
) on VARIABLE_DEFINITION

"""An object of one selected member that stands for this member; lists item by item."""
directive @unwrap on FIELD

"""The members of this object stand among those of its parent."""
directive @spread on FIELD

"""A connection that clients page through as the profile does; shown are its items."""
directive @page on FIELD

"""Selected for others to use, not shown."""
directive @hidden on FIELD

"""Other words than the profile's for the values of an enum or a String."""
directive @spell(as: RestSpelling, values: [RestWord!]) on FIELD | VARIABLE_DEFINITION

enum RestMethod { GET POST PUT PATCH DELETE }
enum RestBody { JSON FORM MULTIPART }
enum RestAnswer { JSON FILE EVENTS }
enum RestFormat { DATE DATE_TIME EMAIL URI UUID }
"""in_progress, inProgress, In Progress, IN_PROGRESS"""
enum RestSpelling { SNAKE CAMEL TITLE GRAPHQL }
input RestWord { from: String!, to: String! }
input RestDeprecation { since: String!, successor: String, sunset: String }
scalar RestValue
'''
"""Their definitions. A test holds the reference in the documentation to it."""
