/** A length of time, typed as it is read: `2 d`, `1 h 30 min`. */
import { TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { durationOf, durationWords } from './plan-draft.ts'

interface DurationInputProps {
  readonly label: string
  readonly ms: number
  readonly set: (ms: number) => void
}

export function DurationInput({ label, ms, set }: DurationInputProps): ReactElement {
  const [text, setText] = useState<string>()
  const wrong = text !== undefined && durationOf(text) === undefined
  return (
    <TextInput
      label={label}
      value={text ?? durationWords(ms)}
      error={wrong ? 'Write a time like 2 d or 1 h 30 min.' : undefined}
      onChange={(event) => {
        const typed = event.currentTarget.value
        setText(typed)
        const parsed = durationOf(typed)
        if (parsed !== undefined) set(parsed)
      }}
      onBlur={() => {
        if (!wrong) setText(undefined)
      }}
    />
  )
}
