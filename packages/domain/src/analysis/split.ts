/**
 * The sample ratio: whether the arms hold as many people as the rule says.
 *
 * Counted are distinct bucketing keys, each once in an attempt, in the arm of its first appearance. The
 * share may change; each share has a Bayes factor of its own, and their logarithms add up. A mismatch
 * says that the arms are not comparable. It holds, and never excuses harm.
 */
import { logBayesFactor, sequentialP } from './statistics/sample-ratio.ts'

/** The chance that a correct split is ever taken for a mismatch. */
export const SPLIT_ALPHA = 0.001

/** Distinct keys that appeared for the first time in one window. */
export interface NewKeys {
  readonly audience: string
  readonly exposed: number
  readonly control: number
}

/** What is known of the split; plain JSON of constant size. */
export interface Split {
  /** By audience id. */
  readonly audiences: Readonly<Record<string, AudienceSplit>>
  /** The highest ln Bayes factor so far, all audiences together; at least 0. */
  readonly highest: number
}

export interface AudienceSplit {
  /** The exposed share, 0..1, of the keys that are being counted. */
  readonly share: number
  /** Keys counted at this share. */
  readonly exposed: number
  readonly control: number
  /** ln Bayes factors of earlier shares. */
  readonly earlier: number
}

/** A split of which nothing has been seen. */
export const NO_SPLIT: Split = { audiences: {}, highest: 0 }

/** Adds the keys of one window. `shares` holds the exposed share of each audience during all of it; where it is 0 or 1 there is nothing to compare. */
export function foldSplit(
  split: Split,
  keys: readonly NewKeys[],
  shares: ReadonlyMap<string, number>,
): Split {
  const audiences: Record<string, AudienceSplit> = { ...split.audiences }
  for (const { audience, exposed, control } of keys) {
    const share = shares.get(audience) ?? 0
    if (share <= 0 || share >= 1 || exposed + control === 0) continue
    const before = audiences[audience]
    const at =
      before?.share === share
        ? before
        : { share, exposed: 0, control: 0, earlier: before === undefined ? 0 : logFactor(before) }
    audiences[audience] = { ...at, exposed: at.exposed + exposed, control: at.control + control }
  }
  const now = Object.values(audiences).reduce((sum, each) => sum + logFactor(each), 0)
  return { audiences, highest: Math.max(split.highest, now) }
}

/** The p value of the split; it holds at every look and never rises. */
export function splitP(split: Split): number {
  return sequentialP(split.highest)
}

/** Whether the arms are not split as the rule says. */
export function isMismatch(split: Split | undefined): boolean {
  return split !== undefined && splitP(split) < SPLIT_ALPHA
}

function logFactor({ share, exposed, control, earlier }: AudienceSplit): number {
  return earlier + logBayesFactor([exposed, control], [share, 1 - share])
}
