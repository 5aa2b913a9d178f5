/** What is wrong with a part of a request. The message reads on after the path, and names the limit. */
export interface FieldError {
  /** Where in the request, such as `body.text`. */
  path: string
  message: string
}
