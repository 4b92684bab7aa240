/** A picture by uPlot that follows its data, the width of its place and the theme. */
import { useComputedColorScheme } from '@mantine/core'
import { useResizeObserver } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'
import UPlot from 'uplot'

import 'uplot/dist/uPlot.min.css'

interface PlotProps {
  /** What it shows, for who does not see it. */
  readonly label: string
  /** Asked again whenever it is another function, and in another theme. */
  readonly options: () => UPlot.Options
  readonly data: UPlot.AlignedData
  /** Drawn over the data: it is drawn anew when they are others. */
  readonly marks?: readonly unknown[]
}

export function Plot({ label, options, data, marks }: PlotProps): ReactElement {
  const host = useRef<HTMLDivElement>(null)
  const [measure, { width }] = useResizeObserver<HTMLDivElement>()
  const plot = useRef<UPlot>(undefined)
  const scheme = useComputedColorScheme('light')
  useEffect(() => {
    if (host.current === null) return
    const made = new UPlot(options(), data, host.current)
    plot.current = made
    return () => made.destroy()
    // The data is set below; a new theme needs new colours.
  }, [scheme, options])
  useEffect(() => plot.current?.setData(data), [data, marks])
  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height: plot.current.height })
  }, [width, scheme, options])
  return (
    <div ref={measure}>
      <div ref={host} role="img" aria-label={label} />
    </div>
  )
}
