"""Wording of listing folders. Lines after `--` are held out."""

from .wording import parts

LISTINGS = parts("""
?what files are in {d}
?which files are in {d}
?what is in the folder {d}
?what's in the {d} folder
?what's in the folder {d}
?what is in the directory {d}
?what is inside the folder {d}
?what is inside the directory {d}
?what does the folder {d} contain
?what does the directory {d} contain
?what files does the folder {d} contain
?which documents are in {d}
?what documents are in the folder {d}
?what files does {d} have
?which files does {d} have
?what files do I have in {d}
?which files do I have in the folder {d}
?which files do you see in {d}
?what files can you see in {d}
?what can be found in the folder {d}
?what files can be found in {d}
?what do we have in the folder {d}
?is there anything in the folder {d}
?are there any files in {d}
?are there files in the folder {d}
?what files are there in {d}
?which files are there in the folder {d}
?what is there in the folder {d}
!list {d}
!list the files in {d}
!list all files in {d}
!list the folder {d}
!list the {d} folder
!list the directory {d}
!list all files of {d}
!list everything in {d}
!list everything in the folder {d}
!list the contents of the folder {d}
!list the names of the files in {d}
!list what is in the folder {d}
!show the files in {d}
!show me the files in {d}
!show all files in {d}
!show the folder {d}
!show the {d} directory
!show what is in the folder {d}
!show everything in the folder {d}
!look into the folder {d}
!look inside the folder {d}
!check which files are in {d}
!check what files {d} has
!check what is in the folder {d}
!see what files are in {d}
!see which files the folder {d} has
!print the folder {d}
!print the files of the folder {d}
!tell me which files {d} has
!tell me which files are in {d}
!tell me what is in the directory {d}
!tell me what files are in the folder {d}
!find out which files are in {d}
!open the folder {d}
!open the directory {d}
!give the file list of {d}
!give a list of the files in {d}
!browse {d}
!browse the folder {d}
!ls {d}
!dir {d}
!name the files in {d}
!name all files in the folder {d}
!go through the directory {d}
!go through the folder {d}
!look through the folder {d}
?what documents does the folder {d} hold
?how does the folder {d} look
?which things are in the directory {d}
?what do I keep in {d}
?which files live in {d}
?what sort of files are in {d}
?what kind of files are in {d}
?what have we got in the folder {d}
?what is stored in the folder {d}
?which files are stored in {d}
?what did I put in the folder {d}
=the files in {d}
=the files in the folder {d}
=the files in the directory {d}
=the files of the folder {d}
=the list of files in {d}
=a list of the files in {d}
=a list of all files in {d}
=a file list of {d}
=the contents of the folder {d}
=the content of the folder {d}
=the contents of the directory {d}
=the file names in {d}
=the names of all files in {d}
=all files in {d}
=all files under {d}
=all files in the folder {d}
=everything in the folder {d}
=everything stored in folder {d}
=a listing of {d}
=a listing of the folder {d}
=the directory {d}
=the folder {d}
--
!go through {d} and list the files
?what are the names of the files in {d}
!tell me what documents the directory {d} has
=all the documents stored in {d}
!check the folder {d} and list everything inside
?which names do the files in {d} have
?can you see what is stored in the directory {d}
=a list of everything in the {d} folder
!show me what the folder {d} has
?what kind of documents does {d} contain
""")

LISTINGS_HERE = parts("""
!list the files
!list the files
!list files
!list all files
!list my files
!list the files here
!list all files here
!list everything here
!list the current folder
!list this folder
!list the files in this folder
!list the files in the current directory
!show the files
!show me the files
!show all files
!show my files
!show the files in this folder
!show me what is in this folder
!check which files are here
!tell me which files are here
!tell me what files there are
!look into this folder
!see what files are here
!name the files here
!ls
!dir
?what files are here
?which files are here
?what files are there
?which files are there
?what files do I have
?which files do I have here
?what files do you see
?which files can you see
?what is in this folder
?what's in this folder
?what is in the current folder
?what is in the current directory
?are there any files here
?is there anything in this folder
=the files
=all files
=all files here
=the files here
=my files
=the file list
=a list of the files
=a list of all files
=the files in this folder
=the files of the current folder
=the contents of this folder
--
?which files are in this directory
!list everything in the current folder
?can you see any files here
!tell me what is in the current directory
=the list of my files here
!check what files I have
""")

LISTINGS_MANY = parts("""
?what files are in {all}
?which files are in {all}
?what files do I have in {all}
?what files are there in {all}
?what is in the folders {all}
?what do the folders {all} contain
!list {all}
!list the folders {all}
!list the files in {all}
!list all files in {all}
!list the directories {all}
!list everything in {all}
!show the files of {all}
!show the files in {all}
!show the folders {all}
!show me the files in {all}
!check which files are in {all}
!tell me which files are in {all}
!look into the folders {all}
!open the folders {all}
!go through the directories {all}
!go through the folders {all}
!ls {all}
?which files live in {all}
=the files in {all}
=the files in the folders {all}
=all files in {all}
=the contents of the folders {all}
=a list of the files in {all}
--
!tell me what is in the folders {all}
?what files do the directories {all} contain
=everything in the folders {all}
!check what files there are in {all}
""")
