/** A value that has no form of its own: written as JSON, and kept as text while it is not yet whole. */
import { Textarea } from '@mantine/core'
import type { ReactElement } from 'react'

import { labelOf } from './fields.tsx'
import type { FieldProps } from './fields.tsx'

import classes from './form.module.css'

export function JsonField({ field, value, change }: FieldProps): ReactElement {
  const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value, null, 2)
  return (
    <Textarea
      {...labelOf(field)}
      withAsterisk={false}
      className={`${classes['wide'] ?? ''} ${classes['code'] ?? ''}`}
      autosize
      minRows={2}
      maxRows={18}
      spellCheck={false}
      value={text}
      error={typeof value === 'string' && value !== '' ? 'This is not JSON yet.' : undefined}
      onChange={(event) => change(parsed(event.currentTarget.value))}
    />
  )
}

function parsed(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    const value: unknown = JSON.parse(text)
    // Only objects and lists: a bare word would be taken for text that is still being written.
    return typeof value === 'object' ? value : text
  } catch {
    return text
  }
}
