/**
 * Verdicts on the wire: what the engine makes of each criterion, with the numbers it used.
 */
import { z } from 'zod'

export const Counts = z.strictObject({
  n: z.number().describe('Requests.'),
  x: z.number().describe('Of these, those that the criterion counts.'),
})

const Relative = z.strictObject({
  ratio: z.number().describe('The regression that is to be excluded, as a ratio of rates.'),
  logE: z.number().nullable().describe('F2; null of a mean.'),
  needed: z.number(),
  blockBound: z.number().nullable().describe('block-safe; null below two windows. Above 0 it excludes it.'),
  controlBad: z.number().describe('Bad events of the control; 20 are needed.'),
})

export const SampleRatio = z
  .strictObject({
    p: z.number().describe('It holds at every look; below `needed` the arms are not split as the rule says.'),
    needed: z.number(),
    audiences: z.array(
      z.strictObject({
        audience: z.string(),
        share: z.number().describe('Exposed, 0 to 1, as the rule says.'),
        exposed: z.int().describe('Distinct keys that appeared first at this share.'),
        control: z.int(),
      }),
    ),
  })
  .meta({ id: 'SampleRatio' })
export type SampleRatio = z.infer<typeof SampleRatio>

export const RolloutVerdict = z
  .strictObject({
    criterion: z.string(),
    verdict: z.enum(['GO', 'HOLD', 'NO-GO', 'NO DATA']),
    sentence: z.string().describe('The arithmetic, in words.'),
    tier: z
      .enum(['R', 'A', 'A-only', 'time', 'watch'])
      .exactOptional()
      .describe(
        'With GO, on which evidence. `R`: no worse than the control. `A`, `A-only`: below the ceiling. `watch`: not breached.',
      ),
    hold: z.enum(['collecting', 'both-arms', 'watch']).exactOptional(),
    lacks: z
      .array(z.string())
      .describe(
        'What a GO still lacks; names that begin with `relative` belong to the one way, the others to the other.',
      ),
    unknown: z.string().exactOptional().describe('With NO DATA: why nothing is known.'),
    blindMs: z.number().describe('How long nothing has been known; 0 otherwise.'),
    reported: z
      .union([
        z.strictObject({
          counts: z.literal('issues'),
          open: z.int(),
          max: z.int(),
          severity: z.enum(['critical', 'major', 'minor']),
        }),
        z.strictObject({
          counts: z.literal('feedback'),
          n: z.int(),
          good: z.int(),
          least: z.int(),
          positive: z.number(),
        }),
      ])
      .exactOptional()
      .describe('Of a criterion that people feed.'),
    exposed: Counts.exactOptional(),
    control: Counts.exactOptional(),
    harm: z
      .strictObject({ test: z.string(), logE: z.number(), needed: z.number(), phi: z.number() })
      .exactOptional()
      .describe('Evidence of harm: it rolls back when `logE` reaches `needed`.'),
    safe: z
      .strictObject({
        ceiling: z.number(),
        logE: z.number().nullable().describe('Null of a mean: its windows alone are asked.'),
        needed: z.number(),
        blockBound: z
          .number()
          .nullable()
          .describe('block-abs; null before it has enough windows. Above 0 it excludes the ceiling.'),
      })
      .exactOptional()
      .describe('Evidence of being below the ceiling: GO needs `logE` ≥ `needed`.'),
    difference: z
      .strictObject({ value: z.number(), halfWidth: z.number() })
      .exactOptional()
      .describe(
        'Of a mean: (exposed − control) / control, within what holds at every look. It decides nothing.',
      ),
    relative: Relative.exactOptional().describe('Evidence against a regression of `safeRatio`.'),
    alternative: Relative.exactOptional().describe(
      'Evidence against one of 3, where the ceiling is far above the usual rate.',
    ),
  })
  .meta({ id: 'RolloutVerdict' })
export type RolloutVerdict = z.infer<typeof RolloutVerdict>
