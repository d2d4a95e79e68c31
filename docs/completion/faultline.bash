# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Completion of bash for faultline.  Commands, options and experiments come from
# faultline itself, so that this file has nothing to keep up with.

_faultline_words() { # PREFIX WORD...: those that begin with PREFIX
	local prefix=$1
	shift
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$prefix")
}

_faultline() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]} i

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		_faultline_words "$current" --help --version "$("$program" --help 2>/dev/null |
			sed -n 's/^  faultline \([a-z]*\) .*/\1/p' | sort -u)"
		return
	fi
	if [ "$command" = trace ]; then
		# Behind "--", or the first word that is neither an option nor its value, it is the
		# traced command that is completed.
		for ((i = 2; i < COMP_CWORD; i++)); do
			case ${COMP_WORDS[i]} in
			--)
				i=$((i + 1))
				break
				;;
			-o | -u | --output | --user | --ring-size) i=$((i + 1)) ;;
			-* | =) ;;
			*) break ;;
			esac
		done
		# Past the end: the word is an option's value.
		if [ "$i" -lt "$COMP_CWORD" ] ||
			{ [ "$i" -eq "$COMP_CWORD" ] && { [ "$previous" = -- ] || [[ $current != -* ]]; }; }; then
			if declare -F _command_offset >/dev/null; then
				_command_offset "$i"
			elif [ "$i" -eq "$COMP_CWORD" ]; then
				mapfile -t COMPREPLY < <(compgen -c -- "$current")
			else
				mapfile -t COMPREPLY < <(compgen -f -- "$current")
			fi
			return
		fi
	fi
	case $previous in
	-o | --output)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	-u | --user)
		mapfile -t COMPREPLY < <(compgen -u -- "$current")
		return
		;;
	--noise)
		# What it says of a source that there is not.
		_faultline_words "$current" "$("$program" run --noise '?' 2>&1 |
			sed -n 's/.*there are \(.*\)/\1/p' | tr -d ,)"
		return
		;;
	--chapter)
		_faultline_words "$current" "$("$program" list 2>/dev/null | sed -n 's/^\([A-Z]\)  .*/\1/p')"
		return
		;;
	esac
	if [[ $current == -* ]]; then
		_faultline_words "$current" "$("$program" "$command" --help 2>/dev/null |
			grep -oE -- '(^|[ ,])--?[a-zA-Z][a-z-]*' | tr -d ' ,' | sort -u)"
		return
	fi
	case $command in
	run)
		_faultline_words "$current" "$("$program" list 2>/dev/null | sed -n 's/^   \([^ ]*\) .*/\1/p')"
		;;
	show | query)
		mapfile -t COMPREPLY < <(compgen -f -X '!*.fl' -- "$current"; compgen -d -S / -- "$current")
		;;
	esac
}

complete -o filenames -F _faultline faultline
