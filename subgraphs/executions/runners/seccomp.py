"""The system call filter of the sandbox, as the program for seccomp(2) that bubblewrap installs.

It refuses what no program of a learner needs and what past escapes were made of: namespaces,
mounts, kernel modules, keys, tracing, performance counters, io_uring, shared memory that no limit
counts, and every socket that is not local to the sandbox. AF_VSOCK is the reason for the last one:
network namespaces do not isolate it. ``setsid`` is refused because a new session gets a share of
the processor of its own (sched(7), autogroups).
"""

import errno
import platform
import struct
from dataclasses import dataclass

# Number on x86-64 and number on AArch64 (the generic table); None where the call does not exist.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "create_module": (174, None),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mbind": (237, 235),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_getsetattr": (245, 185),
    "mq_notify": (244, 184),
    "mq_open": (240, 180),
    "mq_timedreceive": (243, 183),
    "mq_timedsend": (242, 182),
    "mq_unlink": (241, 181),
    "msgctl": (71, 187),
    "msgget": (68, 186),
    "msgrcv": (70, 188),
    "msgsnd": (69, 189),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semctl": (66, 191),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "setsid": (112, 157),
    "settimeofday": (164, 170),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "uselib": (134, None),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}

# Instructions of classic BPF (linux/bpf_common.h) and verdicts of linux/seccomp.h.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
# Where things stand in struct seccomp_data; of arguments, which have 64 bits, the lower half.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24

_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID and -NET
_AF_UNIX = 1
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # write into somebody's terminal
_X32 = 0x40000000  # numbers of the other ABI that x86-64 kernels may have


@dataclass(frozen=True, slots=True)
class _Machine:
    index: int
    audit: int
    clone: int
    socket: int
    socketpair: int
    ioctl: int


# AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of linux/audit.h.
_MACHINES = {
    "x86_64": _Machine(0, 0xC000003E, clone=56, socket=41, socketpair=53, ioctl=16),
    "aarch64": _Machine(1, 0xC00000B7, clone=220, socket=198, socketpair=199, ioctl=29),
}
_CLONE3 = 435


def machines() -> frozenset[str]:
    """The machines that there is a filter for, as ``platform.machine()`` names them."""
    return frozenset(_MACHINES)


def filter_program(machine: str | None = None) -> bytes:
    """The filter for a machine, by default this one. Raises ``KeyError`` if there is none."""
    on = _MACHINES[machine or platform.machine()]
    code = [
        _op(_LOAD, _ARCHITECTURE),
        _op(_IF_EQUAL, on.audit, 1, 0),
        _op(_RETURN, _KILL),
        _op(_LOAD, _NUMBER),
        _op(_IF_AT_LEAST, _X32, 0, 1),
        _refuse(errno.ENOSYS),
        # Its flags are in memory, which a filter cannot read. C libraries then call clone.
        _op(_IF_EQUAL, _CLONE3, 0, 1),
        _refuse(errno.ENOSYS),
    ]
    for numbers in _REFUSED.values():
        number = numbers[on.index]
        if number is not None:
            code += [_op(_IF_EQUAL, number, 0, 1), _refuse(errno.EPERM)]
    for number in (on.socket, on.socketpair):
        code += [
            _op(_IF_EQUAL, number, 0, 4),
            _op(_LOAD, _FIRST_ARGUMENT),
            _op(_IF_EQUAL, _AF_UNIX, 1, 0),
            _refuse(errno.EAFNOSUPPORT),
            _op(_RETURN, _ALLOW),
        ]
    code += [
        _op(_IF_EQUAL, on.clone, 0, 4),
        _op(_LOAD, _FIRST_ARGUMENT),
        _op(_IF_ANY_BIT, _NEW_NAMESPACES, 0, 1),
        _refuse(errno.EPERM),
        _op(_RETURN, _ALLOW),
        _op(_IF_EQUAL, on.ioctl, 0, 4),
        _op(_LOAD, _SECOND_ARGUMENT),
        _op(_IF_EQUAL, _TIOCSTI, 1, 0),
        _op(_IF_EQUAL, _TIOCLINUX, 0, 1),
        _refuse(errno.EPERM),
        _op(_RETURN, _ALLOW),
    ]
    return b"".join(code)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One ``struct sock_filter``: the numbers of instructions to skip if it holds and if not."""
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _refuse(number: int) -> bytes:
    return _op(_RETURN, _ERRNO | number)
