/** What an object holds under a name that a user or a file gave; nothing of what every object inherits. */
export function own<T>(object: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
