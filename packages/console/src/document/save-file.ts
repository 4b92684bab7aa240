/** Hands a file that was read to the person, as the browser saves files. */

/** Saves bytes under a name. */
export function saveFile(name: string, bytes: Uint8Array | string, type: string): void {
  const address = URL.createObjectURL(new Blob([bytes as BlobPart], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}
