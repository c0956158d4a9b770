# -*- test-case-name: tests.wire.test_names -*-
"""
The historical spellings: types of messages and names of fields.

A member is a C{str} and can stand wherever the wire's spelling can.  Types and
names that are not here are legal and pass through.
"""

from __future__ import annotations

from enum import StrEnum


class MessageType(StrEnum):
    """What the field C{t} says (protocol section 6)."""

    STATUS = "status"
    "The heartbeat itself."
    PING_STATUS = "NS_st"
    "What a ping node is made to say."
    REXMIT = "NS_rexmit"
    NAK_REXMIT = "NS_nak_rexmit"
    ACK = "NS_ackmsg"
    REQUEST_NODES = "reqnodes"
    REPLY_NODES = "repnodes"
    ADD_NODE = "addnode"
    DELETE_NODE = "delnode"
    SET_WEIGHT = "setweight"
    SET_SITE = "setsite"
    QUERY_CLIENT = "query-cstatus"
    RESPOND_CLIENT = "respond-cstatus"
    STARTING = "starting"
    RESOURCE = "resource"
    ASK_RESOURCES = "ask_resources"
    IP_REQUEST = "ip-request"
    IP_REQUEST_RESPONSE = "ip-request-resp"
    TAKEOVER = "hb_takeover"
    SHUTDOWN_DONE = "shutdone"
    STONITH = "stonith"
    CLIENT_STATUS = "hbapi-clstat"
    INTERFACE_STATUS = "ifstat"


class FieldName(StrEnum):
    """The fields that heartbeat itself writes (protocol sections 5 and 6)."""

    TYPE = "t"
    SOURCE = "src"
    SOURCE_UUID = "srcuuid"
    DESTINATION = "dest"
    DESTINATION_UUID = "destuuid"
    SEQUENCE = "seq"
    "Hexadecimal, from 1."
    GENERATION = "hg"
    "Hexadecimal."
    TIME = "ts"
    "Hexadecimal seconds since the epoch."
    LOAD = "ld"
    TTL = "ttl"
    "Decimal."
    AUTH = "auth"
    STATUS = "st"
    DEADTIME = "dt"
    "Hexadecimal milliseconds."
    PROTOCOL = "protocol"
    FIRST_SEQUENCE = "firstseq"
    "Decimal in C{NS_rexmit}, hexadecimal in C{NS_nak_rexmit}."
    LAST_SEQUENCE = "lastseq"
    "Decimal."
    ACK_SEQUENCE = "ackseq"
    "Hexadecimal."
    INFO = "info"
    NODE_LIST = "nodelist"
    DELETED_NODE_LIST = "delnodelist"
    HOLDING = "rsc_hold"
    RESOURCE_TYPE = "rtype"
    IS_STABLE = "isstable"
    NODE = "node"
    RESULT = "result"
    IP_ADDRESS = "ipaddr"
    I_OWN = "weown"
    OK = "ok"
    FROM_CLIENT = "from_id"
    TO_CLIENT = "to_id"
    CLIENT_GENERATION = "client_gen"


UNSEQUENCED_PREFIX = "NS_"
"""Types that begin with it have no sequence number and are never sent again."""
