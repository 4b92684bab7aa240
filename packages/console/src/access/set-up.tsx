/** The first administrator, by the link that the server printed. Its secret is the fragment. */
import { Button, Stack } from '@mantine/core'
import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useRead, useWrite } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Link } from '../ui/link.tsx'
import { Door } from './door.tsx'
import { NewPerson } from './new-person.tsx'
import { useEnter } from './session.ts'

export function SetUp(): ReactElement {
  const enter = useEnter()
  const state = useRead('showSetUp')
  const setUp = useWrite('setUp')
  const [fields, setFields] = useState({ id: '', name: '', password: '' })
  const secret = location.hash.slice(1)

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const opened = await setUp.mutateAsync([{ body: { secret, ...fields } }]).catch(() => undefined)
    if (opened !== undefined) enter(paths.home())
  }

  if (state.data?.needed === false) {
    return (
      <Door
        title="The set-up is done"
        intro="The first administrator exists; this link is worth nothing now."
      >
        <Link to={paths.signIn()}>Sign in</Link>
      </Door>
    )
  }
  return (
    <Door
      title="Set up the first administrator"
      intro="Administrators invite people and manage tokens. They never approve: that takes a Technical Lead, an Operations Lead and a Product Owner."
    >
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <NewPerson value={fields} change={setFields} error={setUp.error} />
          {setUp.error === null ? null : <ErrorView error={setUp.error} />}
          <Button type="submit" loading={setUp.isPending}>
            Create and sign in
          </Button>
        </Stack>
      </form>
    </Door>
  )
}
