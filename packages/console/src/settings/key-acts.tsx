/** Replacing and revoking the key of an SDK: both say first how many applications it concerns. */
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'

export interface KeyActProps {
  readonly project: string
  readonly of: Answer<'listKeys'>['items'][number]
  /** Instances that are connected to its environment, with whichever key. */
  readonly connected: number
  /** Without it no server of the project could connect. */
  readonly lastServerKey: boolean
  readonly close: () => void
}

function instances(count: number): string {
  return count === 1 ? 'One instance is' : `${count} instances are`
}

export function RevokeKey({ project, of, connected, lastServerKey, close }: KeyActProps): ReactElement {
  const revoke = useWrite('revokeKey')
  return (
    <Confirm
      opened
      close={close}
      title={`Revoke ${of.name} of ${of.environment}`}
      verb="Revoke it"
      danger
      act={() => revoke.mutateAsync([{ params: { project, sdkKey: of.id } }])}
    >
      <p className="fm-sentence">
        {instances(connected)} connected to {of.environment}. Those that use this key are cut off within
        seconds: they go on serving what they know, and a kill does not reach them any more.
      </p>
      {lastServerKey ? (
        <p className="fm-sentence">
          It is the last server key of {project}: the input P-I8 fails, and every run under way is halted.
        </p>
      ) : null}
      <CopyCommand
        command={`flagmarshal key revoke ${of.id}`}
        request={`DELETE /api/v1/projects/${project}/keys/${of.id}`}
      />
    </Confirm>
  )
}

interface ReplaceKeyProps extends KeyActProps {
  readonly issued: (key: string) => void
}

/** A successor of the same name: the first goes on working for a week, so that nothing is cut off. */
export function ReplaceKey({ project, of, connected, close, issued }: ReplaceKeyProps): ReactElement {
  const rotate = useWrite('rotateKey')
  const params = { project, sdkKey: of.id }
  return (
    <Confirm
      opened
      close={close}
      title={`Replace ${of.name} of ${of.environment}`}
      verb="Make its successor"
      act={async () => issued((await rotate.mutateAsync([{ params, body: {} }])).key)}
    >
      <p className="fm-sentence">
        {instances(connected)} connected to {of.environment}. A second key is made; this one goes on working
        for a week, so none of them is cut off while you give the new one out. Then it is refused, and streams
        that were opened with it are closed.
      </p>
      <CopyCommand
        command={`flagmarshal key rotate ${of.id}`}
        request={`POST /api/v1/projects/${project}/keys/${of.id}/rotate`}
      />
    </Confirm>
  )
}
