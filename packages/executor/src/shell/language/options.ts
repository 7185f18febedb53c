/** Options of `set` that this shell knows: letter, long name. */
export const setOptions: readonly (readonly [string, string])[] = [
  ['a', 'allexport'],
  ['b', 'notify'],
  ['e', 'errexit'],
  ['f', 'noglob'],
  ['h', 'hashall'],
  ['k', 'keyword'],
  ['m', 'monitor'],
  ['n', 'noexec'],
  ['p', 'privileged'],
  ['u', 'nounset'],
  ['v', 'verbose'],
  ['x', 'xtrace'],
  ['B', 'braceexpand'],
  ['C', 'noclobber'],
  ['E', 'errtrace'],
  ['H', 'histexpand'],
  ['P', 'physical'],
  ['T', 'functrace'],
  ['', 'emacs'],
  ['', 'history'],
  ['', 'ignoreeof'],
  ['', 'interactive-comments'],
  ['', 'nolog'],
  ['', 'pipefail'],
  ['', 'posix'],
  ['', 'vi'],
]

/** Options of `shopt` with what they are at the start of a script. */
export const shoptDefaults: ReadonlyMap<string, boolean> = new Map(
  [
    'assoc_expand_once', 'autocd', 'cdable_vars', 'cdspell', 'checkhash', 'checkjobs', 'checkwinsize', 'cmdhist+', 'compat31', 'compat32',
    'compat40', 'compat41', 'compat42', 'compat43', 'compat44', 'complete_fullquote+', 'direxpand', 'dirspell', 'dotglob', 'execfail',
    'expand_aliases', 'extdebug', 'extglob', 'extquote+', 'failglob', 'force_fignore+', 'globasciiranges+', 'globskipdots+', 'globstar',
    'gnu_errfmt', 'histappend', 'histreedit', 'histverify', 'hostcomplete+', 'huponexit', 'inherit_errexit', 'interactive_comments+',
    'lastpipe', 'lithist', 'localvar_inherit', 'localvar_unset', 'login_shell', 'mailwarn', 'no_empty_cmd_completion', 'nocaseglob',
    'nocasematch', 'noexpand_translation', 'nullglob', 'patsub_replacement+', 'progcomp+', 'progcomp_alias', 'promptvars+',
    'restricted_shell', 'shift_verbose', 'sourcepath+', 'varredir_close', 'xpg_echo',
  ].map((name) => [name.replace('+', ''), name.endsWith('+')]),
) // biome-ignore format: a table

export function optionName(letter: string): string | undefined {
  return setOptions.find(([short]) => short === letter && short !== '')?.[1]
}
