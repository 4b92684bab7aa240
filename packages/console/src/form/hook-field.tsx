/** A hook of the project, in the version that it has now: that version is what will be approved. */
import { Select } from '@mantine/core'
import type { ReactElement } from 'react'

import { useRead } from '../query.ts'
import { useProject } from '../shell/project.ts'
import { fieldsOf } from './field.ts'
import { labelOf } from './fields.tsx'
import type { FieldProps } from './fields.tsx'

interface HookFieldProps extends FieldProps {
  readonly part: string
}

export function HookField({ field, value, change, part }: HookFieldProps): ReactElement {
  const read = useRead('listHooks', { params: { project: useProject() ?? '' } })
  const hooks = (read.data?.items ?? []).filter((it) => it.part === part)
  const { key, version } = fieldsOf(value)
  const chosen = typeof key === 'string' ? `${key}@${String(version)}` : null
  const names = hooks.map((it) => `${it.key}@${it.revision}`)
  return (
    <Select
      {...labelOf(field)}
      withAsterisk={false}
      clearable
      placeholder={hooks.length === 0 ? `The project has no hook for ${part}` : 'None'}
      data={chosen === null || names.includes(chosen) ? names : [chosen, ...names]}
      value={chosen}
      onChange={(name) => {
        const hook = hooks.find((it) => `${it.key}@${it.revision}` === name)
        change(hook === undefined ? undefined : { key: hook.key, version: hook.revision })
      }}
    />
  )
}
