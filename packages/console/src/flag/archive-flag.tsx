/** Giving a flag up that is off everywhere, and taking it back. */
import { commandWord } from '@flagmarshal/domain/flag/key'
import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'

interface ArchiveFlagProps {
  readonly project: string
  readonly flag: Answer<'getFlag'>
}

export function ArchiveFlag({ project, flag }: ArchiveFlagProps): ReactElement | null {
  const archive = useWrite('archiveFlag')
  const restore = useWrite('restoreFlag')
  const [asking, setAsking] = useState(false)
  const archived = flag.archivedAt !== undefined
  if (flag.environments.some((it) => it.enabled)) return null
  const verb = archived ? 'Restore' : 'Archive'
  const params = { project, flag: flag.key }
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setAsking(true)}>
        {verb}…
      </Button>
      <Confirm
        opened={asking}
        close={() => setAsking(false)}
        title={`${verb} ${flag.key}`}
        verb={`${verb} it`}
        reason="Why"
        act={(reason) => (archived ? restore : archive).mutateAsync([{ params, body: { reason } }])}
      >
        <p className="fm-sentence">
          {archived
            ? `${flag.key} comes back as it was, off in ${flag.environments.length} environments.`
            : `${flag.key} is off everywhere and stays so: it is not changed any more and leaves the list. An application that still asks for it gets ${flag.offVariant}. Its key stays taken.`}
        </p>
        <CopyCommand
          command={`flagmarshal flag ${verb.toLowerCase()} ${commandWord(flag.key)} --reason 'code is gone'`}
          request={`POST /api/v1/projects/${project}/flags/${encodeURIComponent(flag.key)}/${verb.toLowerCase()}`}
        />
      </Confirm>
    </>
  )
}
