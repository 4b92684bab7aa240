/** JSON in a text field: what is wrong with it is said while it is typed, and only JSON is handed on. */
import { Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import classes from './flag.module.css'

interface JsonFieldProps<Value> {
  readonly label: string
  /** Whether the label is for readers of a screen only. */
  readonly quiet?: boolean
  readonly description?: string
  /** What is there. Another value than the one that was typed takes the place of the text. */
  readonly value: unknown
  /** The value, or in a sentence why it is none. */
  readonly read: (json: unknown) => Value | string
  readonly change: (value: Value) => void
  /** Told of each fault, so that nothing is stored while there is one. */
  readonly faulty?: (fault: string | undefined) => void
}

export function JsonField<Value>(props: JsonFieldProps<Value>): ReactElement {
  const { label, quiet = false, description, value, read, change, faulty } = props
  const [text, setText] = useState(() => textOf(value))
  const [fault, setFault] = useState<string>()
  const given = JSON.stringify(value)
  const [known, setKnown] = useState(given)
  if (given !== known) {
    setKnown(given)
    setText(textOf(value))
    setFault(undefined)
  }
  const type = (next: string): void => {
    setText(next)
    const json = parsed(next)
    const it = 'fault' in json ? json.fault : read(json.value)
    const wrong = typeof it === 'string' ? it : undefined
    setFault(wrong)
    faulty?.(wrong)
    if (typeof it === 'string') return
    setKnown(JSON.stringify(it))
    change(it)
  }
  return (
    <Textarea
      {...(quiet ? { 'aria-label': label } : { label })}
      description={description}
      autosize
      minRows={2}
      maxRows={18}
      error={fault}
      classNames={{ input: classes['json'] ?? '' }}
      value={text}
      onChange={(event) => type(event.currentTarget.value)}
    />
  )
}

function textOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value, null, 2)
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): { readonly value: unknown } | { readonly fault: string } {
  // An emptied field means that there is nothing.
  if (text.trim() === '') return { value: undefined }
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { fault: error instanceof Error ? error.message : 'This is not JSON.' }
  }
}
