/** The fields that somebody new fills in: id, name, a password. Shared by set-up and invitation. */
import { PasswordInput, Stack, TextInput } from '@mantine/core'
import type { ReactElement } from 'react'

import { problemOf } from '../query.ts'

interface NewPersonFields {
  readonly id: string
  readonly name: string
  readonly password: string
}

interface NewPersonProps {
  readonly value: NewPersonFields
  readonly change: (value: NewPersonFields) => void
  readonly error: unknown
  /** Somebody known already only chooses a password. */
  readonly known?: boolean
}

export function NewPerson({ value, change, error, known = false }: NewPersonProps): ReactElement {
  const fault = (pointer: string): string | undefined =>
    problemOf(error)?.errors?.find((it) => it.pointer === pointer)?.message
  return (
    <Stack gap="sm">
      {known ? null : (
        <>
          <TextInput
            label="Your name"
            autoComplete="name"
            required
            value={value.name}
            error={fault('/name')}
            onChange={(event) => change({ ...value, name: event.currentTarget.value })}
          />
          <TextInput
            label="Your id"
            description="How others see you in records and commands: a-z, 0-9 and -."
            autoComplete="username"
            required
            pattern="[a-z0-9][a-z0-9\-]{0,62}"
            value={value.id}
            error={fault('/id')}
            onChange={(event) => change({ ...value, id: event.currentTarget.value.toLowerCase() })}
          />
        </>
      )}
      <PasswordInput
        label="Password"
        description="At least 12 characters. Several words are good; a password manager is better."
        autoComplete="new-password"
        required
        minLength={12}
        value={value.password}
        error={fault('/password')}
        onChange={(event) => change({ ...value, password: event.currentTarget.value })}
      />
    </Stack>
  )
}
