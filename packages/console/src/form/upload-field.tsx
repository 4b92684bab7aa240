/** A file that the server keeps under the hash of its content; what it reads of test results is shown. */
import { FileInput } from '@mantine/core'
import { useLayoutEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import { flushSync } from 'react-dom'

import { useRead, useWrite } from '../query.ts'
import { useProject } from '../shell/project.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { labelOf } from './fields.tsx'
import type { FieldProps } from './fields.tsx'

import classes from './form.module.css'

export function UploadField({ field, value, change }: FieldProps): ReactElement {
  const project = useProject() ?? ''
  const keep = useWrite('createUpload')
  // While it is sent other fields go on changing: what is there then counts, not what was there before.
  const latest = useRef(change)
  useLayoutEffect(() => {
    latest.current = change
  })
  const send = async (file: File | null): Promise<void> => {
    if (file === null) return
    const body = { name: file.name, content: await base64(file) }
    const kept = await keep.mutateAsync([{ params: { project }, body }]).catch(() => undefined)
    // Drawn at once: two files may be kept at the same moment, and each must see the other's change.
    if (kept !== undefined) flushSync(() => latest.current(kept.hash))
  }
  return (
    <div>
      <FileInput
        {...labelOf(field)}
        withAsterisk={false}
        placeholder={keep.isPending ? 'Being sent' : 'Choose a file of at most 5 MiB'}
        disabled={keep.isPending}
        onChange={(file) => void send(file)}
      />
      {typeof value === 'string' && value !== '' ? <Kept project={project} hash={value} /> : null}
      {keep.error === null ? null : <ErrorView error={keep.error} />}
    </div>
  )
}

function Kept({ project, hash }: { readonly project: string; readonly hash: string }): ReactElement {
  const { data } = useRead('showUpload', { params: { project, hash } })
  const tests = data?.tests ?? null
  return (
    <p className={classes['help']}>
      {data?.name ?? 'A file'} <code>{hash.slice(0, 12)}</code>
      {tests === null
        ? ''
        : 'unreadable' in tests
          ? ` · not readable as test results: ${tests.unreadable}`
          : ` · ${tests.passed} of ${tests.total} tests passed, ${tests.failed} failed`}
    </p>
  )
}

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  let text = ''
  // In parts: one call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8_192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  }
  return btoa(text)
}
