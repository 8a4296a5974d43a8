import { type ClassValue, clsx } from 'clsx'
import { twMerge } from 'tailwind-merge'

/** Class names; of two that say the same the later holds. */
export function classes(...values: ClassValue[]): string {
  return twMerge(clsx(values))
}
