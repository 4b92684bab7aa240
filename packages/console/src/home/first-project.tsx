/** An installation without a project: the first one is made here, or the demonstration shown. */
import { Button, Stack, TextInput } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import type { FormEvent, ReactElement } from 'react'

import { useMe } from '../access/session.ts'
import { paths } from '../paths.ts'
import { useWrite } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Card, Page } from '../ui/page.tsx'
import { LoadDemo } from './load-demo.tsx'

import classes from './home.module.css'

export function FirstProject(): ReactElement {
  const me = useMe()
  const router = useRouter()
  const create = useWrite('createProject')
  const [name, setName] = useState('')
  const key = keyOf(name)
  const may = me?.permissions.includes('project:write') ?? false
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    const made = await create.mutateAsync([{ body: { key, name } }]).catch(() => undefined)
    if (made !== undefined) router.history.push(paths.start(made.key))
  }
  return (
    <Page title="Welcome">
      <div className={classes['ways']}>
        <Card title="Make the first project">
          <form onSubmit={(event) => void submit(event)}>
            <Stack gap="sm">
              <p className="fm-dim">
                A project has flags, features and environments: development, staging and production, of which
                production is protected. Turning something on there takes an approved plan.
              </p>
              <TextInput
                label="Name"
                placeholder="Shop"
                required
                value={name}
                disabled={!may}
                {...(may ? {} : { description: 'An administrator makes projects.' })}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              {create.error === null ? null : <ErrorView error={create.error} />}
              <div>
                <Button type="submit" disabled={!may || key === ''} loading={create.isPending}>
                  Make it
                </Button>
              </div>
              <CopyCommand command={`flagmarshal project create ${key === '' ? 'shop' : key}`} />
            </Stack>
          </form>
        </Card>
        <Card title="See it work first">
          <Stack gap="sm">
            <p className="fm-dim">
              The demonstration takes two features through the whole procedure on real traffic, one of which
              the system rolls back by itself. It plays here, in a project of its own, in about two minutes.
            </p>
            <LoadDemo />
          </Stack>
        </Card>
      </div>
    </Page>
  )
}

/** The key that a name suggests. */
function keyOf(name: string): string {
  return name
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63)
}
