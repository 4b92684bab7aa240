/**
 * A LaunchDarkly project as flags and segments of ours, in one environment, and a report of what is not
 * the same. Flags evaluate as in LaunchDarkly's own SDK for Node.js, for contexts as its OpenFeature
 * provider takes them; what cannot be said so is left out.
 */
import { compile } from '@flagmarshal/evaluation'
import type { Flag } from '@flagmarshal/evaluation'

import type { ImportedFlag, ImportedSegment, Importer } from '../imported.ts'
import { flagOf, NotHere } from '../imported.ts'
import { orderedReport } from '../report.ts'
import type { ReportLine, Severity } from '../report.ts'
import type { Notes } from './clause.ts'
import { importedFlag, variantsOf } from './flag.ts'
import type { LaunchDarklyFlag, LaunchDarklySegment } from './model.ts'
import { askedOf } from './prerequisites.ts'
import { readLaunchDarkly } from './read.ts'
import { asks, segmentsOf } from './segment.ts'
import type { Segments } from './segment.ts'

/** The flags and segments of a file in one of its environments, `*` for the only one. Never throws for what it holds. */
export const launchDarklyImport: Importer = (file, { environment }) => {
  const read = readLaunchDarkly(file, environment)
  const report: ReportLine[] = [...read.report]
  const notesOf = (entity: string): Notes => {
    const add = (severity: Severity) => (message: string) => void report.push({ severity, entity, message })
    return { high: add('HIGH'), medium: add('MEDIUM'), low: add('LOW') }
  }
  const translations = segmentsOf(read.segments, read.brokenSegments, notesOf)
  const segments = importedSegments(read.segments, translations, notesOf)
  const flags = importedFlags(read.flags, new Set(read.brokenFlags), { translations, segments, notesOf })
  if (flags.length > 0)
    notesOf('file').medium(
      'For a context without a key LaunchDarkly serves the caller’s default; here only flags that look at the context do.',
    )
  return { segments, flags, report: orderedReport(report) }
}

type NotesOf = (entity: string) => Notes

/** A segment stands after those that it asks for. */
function importedSegments(
  segments: readonly LaunchDarklySegment[],
  translations: Segments,
  notesOf: NotesOf,
): readonly ImportedSegment[] {
  const ordered = inOrder(segments, (it) => asks(it))
  return ordered.flatMap((segment) => {
    const { key, name, description } = segment
    const notes = notesOf(`segment ${key}`)
    const when = orLeftOut(notes, () => translations.conditionOf(segment))
    return when === undefined ? [] : [{ key, name, description, when }]
  })
}

interface Parts {
  readonly translations: Segments
  readonly segments: readonly ImportedSegment[]
  readonly notesOf: NotesOf
}

/** A flag stands after those that it asks for, and is left out with them. */
function importedFlags(
  flags: readonly LaunchDarklyFlag[],
  broken: ReadonlySet<string>,
  { translations, segments, notesOf }: Parts,
): readonly ImportedFlag[] {
  const byKey = new Map(flags.map((it) => [it.key, it]))
  const candidates = inOrder(flags, (it) => it.prerequisites.map(({ key }) => key)).flatMap((flag) => {
    const notes = notesOf(`flag ${flag.key}`)
    const imported = orLeftOut(notes, () => {
      const asked = askedOf(flag, byKey, variantsOf, notes)
      return importedFlag(flag, { inSegment: translations.inSegment, notes, asked })
    })
    return imported === undefined ? [] : [{ flag, notes, imported }]
  })
  const problems = problemsOf(
    candidates.map(({ imported }) => imported),
    segments,
  )
  const kept = new Set<string>()
  return candidates.flatMap(
    ({ flag, notes, imported }) =>
      orLeftOut(notes, () => {
        const problem = problems.get(flag.key)
        if (problem !== undefined) throw new NotHere(problem)
        const missing = flag.prerequisites.find(
          ({ key }) =>
            !kept.has(key) && (broken.has(key) || byKey.has(key)) && imported.prerequisites?.length !== 0,
        )
        if (missing !== undefined) throw new NotHere(`it asks for the flag ${missing.key}, which is left out`)
        kept.add(flag.key)
        remark(flag, notes)
        return [imported]
      }) ?? [],
  )
}

function orLeftOut<Found>(notes: Notes, find: () => Found): Found | undefined {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof NotHere)) throw error
    notes.high(`It is left out: ${error.message}.`)
    return undefined
  }
}

/** What the engine cannot evaluate, by flag. */
function problemsOf(
  imported: readonly ImportedFlag[],
  segments: readonly ImportedSegment[],
): ReadonlyMap<string, string> {
  const flags = imported.map((one): Flag => ({ ...flagOf(one), prerequisites: [], enabled: true }))
  return new Map(compile({ flags, segments }).problems.map(({ flag, message }) => [flag, message]))
}

/** What is good to know. */
function remark(flag: LaunchDarklyFlag, notes: Notes): void {
  const rollouts = [flag.fallthrough, ...flag.rules].flatMap((it) => it?.rollout ?? [])
  if (rollouts.some((it) => it.experiment || it.unsure))
    notes.medium(
      'It has an experiment: who is in it keeps their variation, but that they are in it, and which variations are untracked, is not kept.',
    )
  if (rollouts.some(({ seed }) => seed === 0))
    notes.medium(
      'It has a rollout with the seed 0, which LaunchDarkly’s SDK for Node.js takes for none, and so does this import.',
    )
  if (flag.extras.length > 0) notes.low(`What is not kept: ${flag.extras.join(', ')}.`)
}

/** Each thing after those that it asks for; where they go round in a circle, in any order. */
function inOrder<Thing extends { readonly key: string }>(
  things: readonly Thing[],
  asked: (thing: Thing) => readonly string[],
): readonly Thing[] {
  const byKey = new Map(things.map((it) => [it.key, it]))
  const ordered = new Set<Thing>()
  const begun = new Set<Thing>()
  const visit = (thing: Thing): void => {
    if (begun.has(thing)) return
    begun.add(thing)
    for (const key of asked(thing)) {
      const other = byKey.get(key)
      if (other !== undefined) visit(other)
    }
    ordered.add(thing)
  }
  for (const it of byKey.values()) visit(it)
  return [...ordered]
}
