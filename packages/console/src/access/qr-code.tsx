/** A QR code as a drawing: no picture is fetched, and the secret leaves the page nowhere. */
import type { ReactElement } from 'react'
import { encode } from 'uqr'

export function QrCode({ of, label }: { readonly of: string; readonly label: string }): ReactElement {
  const { size, data } = encode(of, { border: 2 })
  const path = data
    .flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
    .join('')
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} width={196} height={196}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
