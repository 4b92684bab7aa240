/**
 * Uploads: files kept under the hash of their content, so that what a decision rested on can always
 * be looked at again. Test results in them are read once, when they arrive.
 */
import { createHash } from 'node:crypto'

import type { Upload } from '@flagmarshal/api/reference'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Database } from '../storage/database.ts'
import { selectProject } from '../storage/projects.ts'
import { insertUpload, selectUpload } from '../storage/references.ts'
import type { UploadRow } from '../storage/references.ts'
import { readTests } from './read-tests.ts'

/** A file as it arrives: its content in base64. */
export interface NewUpload {
  readonly name: string
  readonly content: string
}

/** Keeps a file. The same content again is the same upload, under the name that it had first. */
export async function createUpload(
  context: Context,
  database: Database,
  project: string,
  { name, content }: NewUpload,
): Promise<Upload | Refusal> {
  const bytes = Buffer.from(content, 'base64')
  if (bytes.length === 0 || bytes.toString('base64') !== content) {
    const message = 'The content is empty or no base64.'
    return refuse('invalid', message, 'Send the bytes of the file in base64, with padding.', '/content')
  }
  const tests = (await readTests(bytes)) ?? null
  const hash = sha256Of(bytes)
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const row = {
      project,
      hash,
      name,
      content: bytes,
      tests: toJson(tests),
      by: context.actor.id,
      at: context.now,
    }
    if (await insertUpload(tx, row)) {
      await record(tx, context, {
        chain: { project },
        action: 'upload.create',
        subject: { kind: 'upload', id: hash },
        after: { name, bytes: bytes.length, tests },
      })
    }
    const kept = await selectUpload(tx, project, hash)
    if (kept === undefined) throw new Error(`upload ${hash} was stored and is gone`)
    return uploadView(kept)
  })
}

/** An upload with its content in base64. */
export async function showUpload(
  { kysely }: Database,
  project: string,
  hash: string,
): Promise<(Upload & { readonly content: string }) | Refusal> {
  const row = await selectUpload(kysely, project, hash)
  if (row === undefined) return notFound('upload', hash)
  return { ...uploadView(row), content: row.content.toString('base64') }
}

/** SHA-256 of bytes, in hex. */
export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function uploadView({ hash, name, content, tests, by, at }: UploadRow): Upload {
  return { hash, name, bytes: content.length, at: at.toISOString(), by, tests: mutable(tests) }
}

/** The API's shapes are not read-only; a copy is one. */
function mutable(tests: UploadRow['tests']): Upload['tests'] {
  if (tests === null || 'unreadable' in tests) return tests
  return { ...tests, failing: [...tests.failing] }
}
