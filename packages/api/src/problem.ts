/**
 * Errors on the wire: RFC 9457 problem details, with the fields that this product adds.
 */
import { z } from 'zod'

export const Problem = z
  .object({
    type: z.string().describe('Address of the explanation of this kind of problem.'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable, kebab-case: programs branch on it.'),
    detail: z.string().describe('What is wrong here, in one sentence.'),
    remedy: z.string().optional().describe('What to do about it.'),
    errors: z
      .array(z.object({ pointer: z.string(), message: z.string() }))
      .optional()
      .describe(
        'The fields at fault: JSON Pointers into the body, or `#/query/x`, `#/path/x`, `#/header/x`.',
      ),
    current: z.unknown().optional().describe('With 412: the version that is stored now.'),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
