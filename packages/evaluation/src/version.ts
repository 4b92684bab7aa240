/**
 * Semantic versions, compared without allocating: reading one fills a few numbers and a position,
 * and the identifiers of a pre-release are compared where they stand in the text.
 *
 * Precedence is that of https://semver.org (item 11). Partial versions are completed with zeros, as
 * in flagd and LaunchDarkly: `1` and `1.2` are `1.0.0` and `1.2.0`. A leading `v` is ignored, and so is
 * build metadata.
 */

/** A version that others are compared with. */
export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** The text after `-`; empty for a release. */
  readonly pre: string
}

/** Longer texts are no versions. */
const MAX_LENGTH = 256

// What the last call of `read` found. Evaluation is synchronous, so one reader is enough.
const found = { major: 0, minor: 0, patch: 0, preFrom: 0, preTo: 0 }

/** The text as a version; `undefined` if it is none. */
export function parseVersion(text: string): Version | undefined {
  if (!read(text)) return undefined
  const { major, minor, patch, preFrom, preTo } = found
  return { major, minor, patch, pre: text.slice(preFrom, preTo) }
}

/** Below zero if the text is the lower version, zero if the two are equal in precedence, above if it is the higher one; NaN if it is no version. */
export function compareVersion(text: string, to: Version): number {
  // Nearly every version is numbers with dots: read and compared in one go, in a quarter of the time.
  let part = 0
  let number = 0
  let digits = 0
  let order = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (isDigit(unit) && digits < 15 && (digits === 0 || number > 0)) {
      number = number * 10 + unit - 0x30
      digits++
    } else if (unit === 0x2e && digits > 0 && part < 2) {
      if (order === 0) order = number - (part === 0 ? to.major : to.minor)
      part++
      number = 0
      digits = 0
    } else return compareAny(text, to)
  }
  if (digits === 0) return Number.NaN
  if (part === 0) return number - to.major || -to.minor || -to.patch || afterPre(to)
  if (part === 1) return order || number - to.minor || -to.patch || afterPre(to)
  return order || number - to.patch || afterPre(to)
}

/** Of a release with the same numbers. */
function afterPre(to: Version): number {
  return to.pre === '' ? 0 : 1
}

function compareAny(text: string, to: Version): number {
  if (!read(text)) return Number.NaN
  if (found.major !== to.major) return found.major - to.major
  if (found.minor !== to.minor) return found.minor - to.minor
  if (found.patch !== to.patch) return found.patch - to.patch
  const { preFrom, preTo } = found
  if (preFrom === preTo) return afterPre(to)
  return to.pre === '' ? -1 : comparePreRelease(text.slice(preFrom, preTo), to.pre)
}

/** Whether the text is a version of the same major, or major and minor, number. */
export function isSameSeries(text: string, as: Version, withMinor: boolean): boolean {
  return read(text) && found.major === as.major && (!withMinor || found.minor === as.minor)
}

/** Reads a version into `found`; whether it is one. */
function read(text: string): boolean {
  const end = text.length
  if (end > MAX_LENGTH) return false
  const first = text.charCodeAt(0)
  let at = first === 0x76 || first === 0x56 ? 1 : 0
  found.minor = 0
  found.patch = 0
  found.preFrom = 0
  found.preTo = 0

  let after = numberEnd(text, at)
  if (after < 0) return false
  found.major = value(text, at, after)
  for (let part = 0; part < 2 && text.charCodeAt(after) === 0x2e; part++) {
    at = after + 1
    after = numberEnd(text, at)
    if (after < 0) return false
    if (part === 0) found.minor = value(text, at, after)
    else found.patch = value(text, at, after)
    if (part === 1) return readTail(text, after)
  }
  // A partial version has neither pre-release nor build.
  return after === end
}

/** What may follow the patch number: a pre-release, build metadata. */
function readTail(text: string, from: number): boolean {
  let at = from
  if (text.charCodeAt(at) === 0x2d) {
    found.preFrom = at + 1
    at = identifiersEnd(text, at + 1, true)
    if (at < 0) return false
    found.preTo = at
  }
  if (text.charCodeAt(at) === 0x2b) at = identifiersEnd(text, at + 1, false)
  return at === text.length
}

/** Where a number without leading zeros ends; -1 if there is none, or a larger one than a double holds. */
function numberEnd(text: string, from: number): number {
  let at = from
  while (isDigit(text.charCodeAt(at))) at++
  const length = at - from
  if (length === 0 || length > 15 || (length > 1 && text.charCodeAt(from) === 0x30)) return -1
  return at
}

function value(text: string, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at++) number = number * 10 + text.charCodeAt(at) - 0x30
  return number
}

/** Where dot-separated identifiers end; -1 if one of them is empty or, where that matters, a number with a leading zero. */
function identifiersEnd(text: string, from: number, strictNumbers: boolean): number {
  let at = from
  for (;;) {
    const start = at
    let digits = true
    for (; ; at++) {
      const unit = text.charCodeAt(at)
      if (isDigit(unit)) continue
      if (!isIdentifierUnit(unit)) break
      digits = false
    }
    if (at === start) return -1
    if (strictNumbers && digits && at - start > 1 && text.charCodeAt(start) === 0x30) return -1
    if (text.charCodeAt(at) !== 0x2e) return at
    at++
  }
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

function isIdentifierUnit(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || unit === 0x2d
}

/** Item 11.4 of the specification: numbers below texts, numbers by size, texts by ASCII, fewer fields first. */
function comparePreRelease(a: string, b: string): number {
  if (a === b) return 0
  const [left, right] = [a.split('.'), b.split('.')]
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareIdentifier(left[i] ?? '', right[i] ?? '')
    if (order !== 0) return order
  }
  return left.length - right.length
}

function compareIdentifier(a: string, b: string): number {
  if (a === b) return 0
  const [numeric, otherNumeric] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (numeric !== otherNumeric) return numeric ? -1 : 1
  // Numbers without leading zeros: the longer one is greater, so that none is too large to compare.
  if (numeric && a.length !== b.length) return a.length - b.length
  return a < b ? -1 : 1
}
