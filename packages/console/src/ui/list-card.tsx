/** A list in a card of its own: while it is read, where it is empty, and once it is there. */
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactElement, ReactNode } from 'react'

import { Loaded } from './loaded.tsx'
import { Card } from './page.tsx'

interface ListCardProps<T> {
  readonly title: string
  readonly beside?: ReactNode
  readonly read: UseQueryResult<{ readonly items: readonly T[] }>
  /** What stands there instead where nothing is. */
  readonly empty: ReactNode
  readonly children: (items: readonly T[]) => ReactNode
}

export function ListCard<T>({ title, beside, read, empty, children }: ListCardProps<T>): ReactElement {
  return (
    <Card title={title} beside={beside} flush>
      <Loaded read={read}>{({ items }) => (items.length === 0 ? empty : children(items))}</Loaded>
    </Card>
  )
}
