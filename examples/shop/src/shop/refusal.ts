/** Why the shop does not do what was asked; `status` is the HTTP status that says so. */
export interface Refusal {
  readonly status: 400 | 404 | 409
  /** Stable, kebab-case. */
  readonly code: string
  /** One sentence for the customer. */
  readonly message: string
}

/** Whether an answer of the shop is a refusal. */
export function isRefusal(answer: object): answer is Refusal {
  return 'status' in answer && 'code' in answer && 'message' in answer
}
