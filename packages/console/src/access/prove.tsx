/** Showing once more who one is, where a signature asks for it: a code, or the password. */
import { Button, Group, PasswordInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'

import { problemOf, useRead, useWrite } from '../query.ts'
import { Status } from '../ui/status.tsx'

export function Prove(): ReactElement {
  const factor = useRead('showSecondFactor')
  const prove = useWrite('prove')
  const [text, setText] = useState('')
  const byCode = factor.data?.state === 'on'
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    // Inside the form of what is signed: that one is sent again by hand.
    event.stopPropagation()
    const body = byCode ? { code: text.trim() } : { password: text }
    await prove.mutateAsync([{ body }]).catch(() => undefined)
    setText('')
  }
  if (prove.isSuccess) {
    return (
      <div role="status">
        <Status of="pass" word="You have shown who you are: sign again" />
      </div>
    )
  }
  const error = problemOf(prove.error)?.detail
  const change = (event: { readonly currentTarget: { readonly value: string } }): void =>
    setText(event.currentTarget.value)
  return (
    <Group align="end" gap="sm">
      {byCode ? (
        <TextInput
          label="Code of your second factor"
          autoComplete="one-time-code"
          inputMode="numeric"
          value={text}
          error={error}
          onChange={change}
        />
      ) : (
        <PasswordInput
          label="Your password"
          autoComplete="current-password"
          value={text}
          error={error}
          onChange={change}
        />
      )}
      <Button
        variant="default"
        type="button"
        disabled={text === ''}
        loading={prove.isPending}
        onClick={(event) => void submit(event)}
      >
        Show who I am
      </Button>
    </Group>
  )
}
