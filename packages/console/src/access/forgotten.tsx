/** A lost password: asking for a link by mail. The answer is the same for everybody. */
import { Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'

import { useWrite } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'

export function Forgotten(): ReactElement {
  const ask = useWrite('askForReset')
  const [open, setOpen] = useState(false)
  const [person, setPerson] = useState('')
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    await ask.mutateAsync([{ body: { person } }]).catch(() => undefined)
  }
  if (!open) {
    return (
      <Button variant="subtle" size="compact-sm" onClick={() => setOpen(true)}>
        I have forgotten my password
      </Button>
    )
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <TextInput
          label="Whose password"
          description="Id or e-mail address. A link is sent to the address that is known here."
          required
          value={person}
          onChange={(event) => setPerson(event.currentTarget.value)}
        />
        {ask.error === null ? null : <ErrorView error={ask.error} />}
        {ask.data === undefined ? null : <div role="status">{ask.data.said}</div>}
        <Button type="submit" variant="default" loading={ask.isPending}>
          Send me a link
        </Button>
      </Stack>
    </form>
  )
}
