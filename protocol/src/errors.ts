/** The one catalogue of errors: code → HTTP status and a sentence that is safe to show to anyone. */
export const errors = {
  invalid_json: [400, 'The request body is not a JSON object.'],
  invalid_request: [400, 'The request is not valid.'],
  invalid_message: [400, 'The message is empty or not text.'],
  message_too_long: [400, 'The message is longer than 4,000 characters.'],
  invalid_session_id: [400, 'The session id is not a UUID.'],
  invalid_visitor_id: [400, 'The visitor id is not a string of at most 256 characters.'],
  invalid_visitor_metadata: [400, 'The visitor metadata is not an object of at most 50 keys and 8 KiB.'],
  invalid_api_key: [401, 'The public key is unknown or revoked.'],
  not_authenticated: [401, 'A valid bearer token is needed.'],
  authentication_required: [401, 'A valid bearer token is needed.'],
  origin_not_allowed: [403, 'The key does not allow this origin.'],
  forbidden: [403, 'You may not do this.'],
  no_workspace: [403, 'The token names no workspace.'],
  not_found: [404, 'There is nothing at this address.'],
  session_not_found: [404, 'There is no such conversation.'],
  bot_not_found: [404, 'There is no such bot.'],
  method_not_allowed: [405, 'This method is not allowed here.'],
  turn_in_progress: [409, 'An answer of this conversation is still being written.'],
  idempotency_conflict: [409, 'Another message was sent under this Idempotency-Key.'],
  payload_too_large: [413, 'The request body is larger than 64 KiB.'],
  unsupported_encoding: [415, 'Compressed request bodies are not taken.'],
  rate_limited: [429, 'Too many requests. Try again in a little while.'],
  internal_error: [500, 'Something went wrong on our side.'],
  unavailable: [503, 'The service is not available right now. Try again in a little while.'],
} as const satisfies Record<string, readonly [status: number, message: string]>

export type ErrorCode = keyof typeof errors
