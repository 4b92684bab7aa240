/**
 * The small shapes that every noun's schemas are made of: keys, ids, instants, revisions, lists.
 *
 * Text is never empty and always bounded. NUL, lone surrogates and `__proto__` never reach a
 * schema: the server refuses them while it reads the request.
 */
import { z } from 'zod'

/** The name of a project, environment, person or feature in addresses: chosen once, never changed. */
export const Key = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Use 1 to 63 of a-z, 0-9 and -, not beginning with -.')
  .describe('1 to 63 of a-z, 0-9 and -, not beginning with -.')

const FLAG_KEY =
  '1 to 128 letters, digits and . _ - : / |, beginning with a letter, a digit or one _; after : / or | comes a letter, a digit or _, too.'

/** The name of a flag or segment: what applications ask for, so it takes what the keys of other tools hold. */
export const FlagKey = z
  .string()
  .regex(/^(?!__)[A-Za-z0-9_](?:[A-Za-z0-9._-]|[:/|](?=[A-Za-z0-9_])){0,127}$/, `Use ${FLAG_KEY}`)
  .describe(`${FLAG_KEY} No other key of the project may differ from it in capitals only.`)

/** An id that the server made: `<noun>_<text>`. */
export const Id = z
  .string()
  .regex(/^[a-z]+_[a-z0-9]{1,48}$/, 'This is no id that the server made.')
  .describe('Made by the server: a noun, an underscore, and random letters and digits.')

/** One line that a person wrote: a name, a title. */
export const Line = z.string().min(1).max(200)

/** Text that a person wrote: a reason, a description, a comment. */
export const Text = z.string().min(1).max(10_000)

/** RFC 3339 in UTC, to the millisecond. */
export const Instant = z.iso.datetime().describe('RFC 3339, UTC.')

/** Counts the changes of a thing, from 1; also its ETag, as `"<revision>"`. */
export const Revision = z.int().min(1).describe('Counts the changes of this thing, from 1. Its ETag.')

/** Which attempt of a rollout, from 1; what PostgreSQL keeps as an integer. */
export const Attempt = z.int().min(1).max(1_000_000_000)

/** A whole number in a query string. */
export const QueryNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'Use a whole number of at most 15 digits.')
  .transform(Number)

/** The answer of every list: `{items: [...]}`. */
export function list<T extends z.ZodType>(item: T): z.ZodObject<{ items: z.ZodArray<T> }, z.core.$strict> {
  return z.strictObject({ items: z.array(item) })
}

/** One mail address, like ops@shop.example. */
export const Mailbox = z
  .string()
  .min(3)
  .max(320)
  .regex(/^[^\s<>,;]+@[^\s<>,;]+$/, 'Use one address, like ops@shop.example.')
