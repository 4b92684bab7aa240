/**
 * A refusal: an expected "no", as a value. It says what is wrong and what would put it right.
 */
export interface Refusal {
  readonly refused: true
  /** Stable, kebab-case, documented: programs branch on it. */
  readonly code: string
  /** What is wrong, in one sentence that names the thing. */
  readonly message: string
  /** What to do about it. */
  readonly remedy: string
  /** Whom or what the caller must look at, when a field of the request is at fault: JSON Pointer into the body. */
  readonly pointer?: string
  /** All fields at fault, where more than one can be. */
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[]
}

/** Makes a refusal. */
export function refuse(code: string, message: string, remedy: string, pointer?: string): Refusal {
  return { refused: true, code, message, remedy, ...(pointer === undefined ? {} : { pointer }) }
}

/** Whether a result is a refusal: with what every one has, so that content from elsewhere is none for one word. */
export function isRefusal(result: unknown): result is Refusal {
  if (typeof result !== 'object' || result === null) return false
  const { refused, code, message, remedy } = result as { readonly [of in keyof Refusal]?: unknown }
  return refused === true && [code, message, remedy].every((it) => typeof it === 'string')
}
