/**
 * Whether an exported bundle is what the server exported (P-A2, P-O1), with nothing but its files:
 * every file against the manifest, every bundle, document and piece of evidence against its hash,
 * the audit chain from its first entry, and each approval against bundle and chain.
 *
 * Somebody who rewrites all of it alike is found by an anchor alone: a head of the chain that was
 * noted elsewhere, such as in a commit of the documentation repository.
 */
import type { JsonObject } from '../procedure/run.ts'
import { isObject, rowsAt, textAt, valueAt, wordsOf } from '../runbook/facts.ts'
import { canonical } from './canonical.ts'
import type { Json } from './canonical.ts'
import type { Head, Sha256 } from './entry.ts'
import { verifyLines } from './verify-lines.ts'

/** Something that is not as it was exported, and in which file. */
export interface ExportFinding {
  readonly file: string
  readonly problem: string
}

export interface ExportVerdict {
  /** Empty where everything holds. */
  readonly findings: readonly ExportFinding[]
  /** What was looked at. */
  readonly bundleHash: string
  readonly head: Head
  readonly documents: number
  readonly evidence: number
  readonly approvals: number
}

export interface Exported {
  /** Text by path. */
  readonly files: ReadonlyMap<string, string>
  /** A head that was noted elsewhere. */
  readonly anchor?: Head
}

export const MANIFEST = 'manifest.json'
export const CHAIN = 'audit/chain.jsonl'
export const APPROVALS = 'approvals.json'
export const PUBLICATIONS = 'publications.json'

/** Verifies an export. */
export function verifyExport(exported: Exported, sha256: Sha256): ExportVerdict {
  const { files } = exported
  const manifest = parsed(files.get(MANIFEST))
  const head = {
    count: Number(textAt(manifest, 'audit.head.count')),
    hash: textAt(manifest, 'audit.head.hash'),
  }
  const bundleHash = textAt(manifest, 'bundle')
  const bundle = parsed(files.get(bundleFile(bundleHash)))
  return {
    findings: [
      ...manifestFindings(files, manifest, sha256),
      ...hashedFindings(files, sha256),
      ...bundleFindings(files, manifest, bundle),
      ...documentFindings(files, bundle, sha256),
      ...chainFindings(exported, manifest, sha256),
      ...approvalFindings(files, textAt(manifest, 'run')),
    ],
    bundleHash,
    head,
    documents: documentsIn(bundle).length,
    evidence: [...files.keys()].filter((it) => it.startsWith('evidence/')).length,
    approvals: rowsAt(parsed(files.get(APPROVALS)), 'items').length,
  }
}

/** The file of a bundle. */
export function bundleFile(hash: string): string {
  return `bundles/${hash}.json`
}

/** The file of a document's body. */
export function documentFile(name: string): string {
  return `documents/${name}.md`
}

/** The file of a piece of evidence. */
export function evidenceFile(hash: string): string {
  return `evidence/${hash}.json`
}

function manifestFindings(
  files: ReadonlyMap<string, string>,
  manifest: Json | undefined,
  sha256: Sha256,
): readonly ExportFinding[] {
  const listed = valueAt(manifest, 'files')
  if (!isObject(listed)) return [{ file: MANIFEST, problem: 'It is missing, or no manifest.' }]
  const findings: ExportFinding[] = []
  if (files.get(MANIFEST) !== `${canonical(manifest)}\n`)
    findings.push({ file: MANIFEST, problem: 'It is not in canonical form: it was edited.' })
  for (const [file, hash] of Object.entries(listed)) {
    const text = files.get(file)
    if (text === undefined) findings.push({ file, problem: 'It is missing.' })
    else if (sha256(text) !== hash)
      findings.push({ file, problem: 'Its content does not match the manifest: it was edited.' })
  }
  for (const file of files.keys()) {
    if (file !== MANIFEST && !Object.hasOwn(listed, file))
      findings.push({ file, problem: 'The manifest does not list it: it was added.' })
  }
  return findings
}

/** Bundles and evidence carry their hash as their name. */
function hashedFindings(files: ReadonlyMap<string, string>, sha256: Sha256): readonly ExportFinding[] {
  return [...files].flatMap(([file, text]) => {
    const name = /^(?:bundles|evidence)\/([^/]+)\.json$/.exec(file)?.[1]
    if (name === undefined || sha256(text) === name) return []
    return [{ file, problem: 'Its content does not match the hash that it is named after: it was edited.' }]
  })
}

/** The bundle is the manifest's, and everything that its Gos rest on is there. */
function bundleFindings(
  files: ReadonlyMap<string, string>,
  manifest: Json | undefined,
  bundle: Json | undefined,
): readonly ExportFinding[] {
  const file = bundleFile(textAt(manifest, 'bundle'))
  if (bundle === undefined) return [{ file, problem: 'The bundle is missing, or no JSON.' }]
  const run = parsed(files.get('run.json'))
  const procedure = ['id', 'version'].some(
    (it) => textAt(run, `procedure.${it}`) !== textAt(manifest, `procedure.${it}`),
  )
  const strange = [
    ...['project', 'feature'].filter((it) => textAt(bundle, it) !== textAt(manifest, it)),
    ...(textAt(run, 'id') === textAt(manifest, 'run') && !procedure ? [] : ['run']),
  ]
  const evidence = rowsAt(bundle, 'steps').flatMap((step) =>
    rowsAt(step, 'decisions').flatMap((it) => listAt(it, 'evidence')),
  )
  return [
    ...strange.map((it) => ({ file: MANIFEST, problem: `Its ${it} is not the one of the other files.` })),
    ...[...new Set(evidence)]
      .filter((it) => !files.has(evidenceFile(it)))
      .map((it) => ({
        file: evidenceFile(it),
        problem: 'A Go of the bundle used this evidence, and it is missing.',
      })),
  ]
}

function documentFindings(
  files: ReadonlyMap<string, string>,
  bundle: Json | undefined,
  sha256: Sha256,
): readonly ExportFinding[] {
  return documentsIn(bundle).flatMap(([name, hash]) => {
    const file = documentFile(name)
    const text = files.get(file)
    if (text === undefined) return [{ file, problem: 'The bundle lists this document, and it is missing.' }]
    return sha256(text) === hash
      ? []
      : [{ file, problem: 'It is not the document that the bundle lists: it was edited.' }]
  })
}

/** The chain from its first entry, up to the manifest's head, through every anchor that is known. */
function chainFindings(
  { files, anchor }: Exported,
  manifest: Json | undefined,
  sha256: Sha256,
): readonly ExportFinding[] {
  const text = files.get(CHAIN)
  if (text === undefined) return [{ file: CHAIN, problem: 'It is missing.' }]
  const head = headAt(manifest, 'audit.head')
  const anchors = [
    ...rowsAt(parsed(files.get(PUBLICATIONS)), 'items').map((it) => headAt(it, 'auditHead')),
    ...(anchor === undefined ? [] : [anchor]),
  ]
  const { broken } = verifyLines(
    { text, chain: textAt(manifest, 'audit.chain'), stored: head, anchors },
    sha256,
  )
  return broken === undefined ? [] : [{ file: CHAIN, problem: `Entry ${broken.seq}: ${broken.problem}` }]
}

/** Each approval is in the chain, and each of the chain is here; those that stand have their bundle. */
function approvalFindings(files: ReadonlyMap<string, string>, run: string): readonly ExportFinding[] {
  const given = rowsAt(parsed(files.get(APPROVALS)), 'items')
  const recorded = entriesIn(files.get(CHAIN)).filter(
    (it) => textAt(it, 'action') === 'run.approve' && textAt(it, 'subject.id') === run,
  )
  const inChain = recorded.map((it) =>
    [textAt(it, 'actor.id'), textAt(it, 'after.content.role'), textAt(it, 'after.content.bundleHash')].join(
      ' ',
    ),
  )
  const here = given.map((it) => [textAt(it, 'by'), textAt(it, 'role'), textAt(it, 'bundleHash')].join(' '))
  return [
    ...here
      .filter((it) => !inChain.includes(it))
      .map((it) => ({ file: APPROVALS, problem: `The audit chain knows of no approval "${it}".` })),
    ...inChain
      .filter((it) => !here.includes(it))
      .map((it) => ({ file: APPROVALS, problem: `The approval "${it}" of the audit chain is missing.` })),
    ...given
      .filter((it) => it['voided'] === null && !files.has(bundleFile(textAt(it, 'bundleHash'))))
      .map((it) => ({
        file: bundleFile(textAt(it, 'bundleHash')),
        problem: 'It was approved, and it is missing.',
      })),
  ]
}

/** The documents that a bundle lists, with their hashes. */
function documentsIn(bundle: Json | undefined): readonly (readonly [string, string])[] {
  return rowsAt(bundle, 'steps').flatMap((step) => {
    const documents = valueAt(step, 'baseline.documents')
    return isObject(documents)
      ? Object.entries(documents).map(([name, hash]) => [name, wordsOf(hash)] as const)
      : []
  })
}

function headAt(value: Json | undefined, path: string): Head {
  return { count: Number(textAt(value, `${path}.count`)), hash: textAt(value, `${path}.hash`) }
}

function listAt(value: JsonObject, name: string): readonly string[] {
  const found = value[name]
  return Array.isArray(found) ? found.map(String) : []
}

function entriesIn(text: string | undefined): readonly Json[] {
  return (text ?? '').split('\n').flatMap((line) => {
    const entry = line === '' ? undefined : parsed(line)
    return entry === undefined ? [] : [entry]
  })
}

function parsed(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}
