/** Settings as commands take them. */

/** Settings as the command takes them; `part` stands before each name. */
export function settingsText(settings: unknown, part = ''): string {
  if (typeof settings !== 'object' || settings === null) return ''
  return Object.entries(settings)
    .map(([name, value]) => {
      if (part === '' && typeof value === 'object' && !Array.isArray(value))
        return settingsText(value, `${name}.`)
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      return ` --setting '${part}${name}=${text}'`
    })
    .join('')
}
