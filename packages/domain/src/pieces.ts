/**
 * Long arithmetic in pieces: it yields where whoever carries it out may do something else, and returns
 * what came of it.
 */
export type Pieces<Result> = Generator<undefined, Result>

/** All of it at once. */
export function whole<Result>(pieces: Pieces<Result>): Result {
  for (;;) {
    const { done, value } = pieces.next()
    if (done === true) return value
  }
}
